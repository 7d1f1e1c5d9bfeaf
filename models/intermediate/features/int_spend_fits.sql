{#-
    Grain: one row per origin and spend model that was fitted at it, with its parameters
    side by side. The mean of a Gamma-Gamma is infinite where q is 1 or less.
-#}
with

fits as (
    select
        parameters.days_ago,
        parameters.model,
        max(case when parameters.parameter = 'p' then parameters.estimate end) as p,
        max(case when parameters.parameter = 'q' then parameters.estimate end) as q,
        max(case when parameters.parameter = 'gamma' then parameters.estimate end)
            as gamma
    from {{ ref('py_btyd_parameters') }} as parameters
    where
        parameters.model in ('gamma_gamma', 'gamma_gamma_first')
        and parameters.status = 'fitted'
    group by parameters.days_ago, parameters.model
),

final as (
    select
        cast(fits.days_ago as integer) as days_ago,
        cast(fits.model as varchar) as model,
        fits.p,
        fits.q,
        fits.gamma
    from fits
    where fits.q > 1
)

select * from final
