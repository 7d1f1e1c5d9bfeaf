{#-
    Grain: one row per horizon and tier of the prospects by what was predicted of them:
    between which multiples of the prediction of the model that scores the share of
    buyers lay, at 95 %, at each past origin.
-#}
with

tiers as (
    select
        tested.days_ago,
        tested.horizon_days,
        {{ prospect_tier('tested.predicted_rank', 'tested.n_prospects') }} as tier,
        count(*) as n_prospects,
        sum(tested.buys) as n_buyers,
        cast(sum(cast(tested.purchase_probability as decimal(28, 12))) as double)
            as predicted_buyers
    from {{ ref('int_prospects_tested') }} as tested
    inner join {{ ref('int_prospect_models_selected') }} as selected
        on tested.model = selected.model
    group by tested.days_ago, tested.horizon_days, tier
),

ratios as (
    select
        tiers.horizon_days,
        {% for side in ['lower', 'upper'] -%}
        ({{ wilson_bound('tiers.n_buyers', 'tiers.n_prospects', side) }})
        * tiers.n_prospects / nullif(tiers.predicted_buyers, 0) as {{ side }}_ratio,
        {% endfor -%}
        tiers.tier
    from tiers
),

-- Origins differ by more than chance: the widest of them.
bounds as (
    select
        ratios.horizon_days,
        ratios.tier,
        min(ratios.lower_ratio) as lower_ratio,
        max(ratios.upper_ratio) as upper_ratio
    from ratios
    group by ratios.horizon_days, ratios.tier
)

select * from bounds
