{#-
    Grain: one row. Which fits score the customers: the one that `clv_model` names, or
    the most likely of those that converged; failing that the stated fallbacks.
-#}
with

fits as (
    select
        parameters.model,
        max(parameters.log_likelihood) as log_likelihood,
        max(case when parameters.parameter = 'q' then parameters.estimate end) as q
    from {{ ref('btyd_parameters') }} as parameters
    where parameters.status = 'fitted'
    group by parameters.model
),

ranked as (
    select
        fits.model,
        row_number() over (
            order by fits.log_likelihood desc, fits.model asc
        ) as fit_rank
    from fits
    where
        fits.model <> 'gamma_gamma'
        and '{{ var('clv_model') }}' in ('auto', fits.model)
),

selected as (
    select
        coalesce(
            max(case when ranked.fit_rank = 1 then ranked.model end), 'shrunk_rate'
        ) as purchase_model,
        -- The mean of the Gamma-Gamma is infinite where q is 1 or less.
        coalesce(
            (
                select max(fits.model)
                from fits
                where fits.model = 'gamma_gamma' and fits.q > 1
            ), 'shrunk_mean'
        ) as spend_model
    from ranked
)

select * from selected
