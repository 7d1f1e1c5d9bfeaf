{#-
    Grain: one row per model, origin, horizon and tenth of the prospects by what was
    predicted of them: the buyers that were expected, and those who came.
-#}
with

tenths as (
    select
        tested.model,
        tested.days_ago,
        tested.horizon_days,
        tested.decile,
        count(*) as n_prospects,
        cast(sum(tested.buys) as bigint) as n_buyers,
        cast(sum(cast(tested.purchase_probability as decimal(28, 12))) as double)
            as predicted_buyers
    from {{ ref('int_prospects_tested') }} as tested
    group by
        tested.model,
        tested.days_ago,
        tested.horizon_days,
        tested.decile
),

final as (
    select
        tenths.model,
        origins.origin_date,
        tenths.horizon_days,
        tenths.decile,
        tenths.n_prospects,
        tenths.n_buyers,
        tenths.predicted_buyers,
        tenths.predicted_buyers / tenths.n_prospects as predicted_rate,
        {% for side in ['lower', 'upper'] -%}
        {{ wilson_bound('tenths.n_buyers', 'tenths.n_prospects', side) }}
            as actual_rate_{{ side }},
        {% endfor -%}
        cast(tenths.n_buyers as double) / tenths.n_prospects as actual_rate
    from tenths
    inner join {{ ref('int_prediction_origins') }} as origins
        on
            tenths.days_ago = origins.days_ago
            and tenths.horizon_days = origins.horizon_days
)

select * from final
