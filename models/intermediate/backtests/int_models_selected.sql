{#-
    Grain: one row. Which models score the customers: the one that `clv_model` names;
    else the champion, of the least error in the backtests, or the regression if it is
    within a hundredth of it; without a backtest the most likely fit; and without a fit
    the shrunk rate.
-#}
with

ranked as (
    select
        compared.model,
        row_number() over (
            order by
                case when compared.relative_error is null then 1 else 0 end asc,
                compared.relative_error
                * case when compared.model = 'regression' then 0.99 else 1 end asc,
                case when compared.log_likelihood is null then 1 else 0 end asc,
                compared.log_likelihood desc,
                compared.model asc
        ) as preference
    from {{ ref('int_models_compared') }} as compared
    where '{{ var('clv_model') }}' in ('auto', compared.model)
),

selected as (
    select
        coalesce(
            max(case when ranked.preference = 1 then ranked.model end), 'shrunk_rate'
        ) as purchase_model
    from ranked
)

select * from selected
