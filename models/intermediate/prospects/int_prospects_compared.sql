{#-
    Grain: one row per prospect of whom net revenue is expected over `clv_horizon_days`:
    what the model that scores them expects of a prospect like all, and how this one
    differs.

    The regression expects p exp(ν), p = 1 / (1 + exp(-η)). A prospect like all has the
    mean of each feature, and η₀; on the straight way from there to η, ln p grows by
    (ln p - ln p₀) / (η - η₀) for each unit of η.
-#}
{%- set at_means = feature_values(prospect_features(), 'buying.mean_') -%}
with

scored as (
    select
        all_scored.customer_key,
        all_scored.model
    from {{ ref('int_prospects_scored') }} as all_scored
    where
        all_scored.horizon_days = {{ var('clv_horizon_days') }}
        and all_scored.net_revenue > 0
),

expected as (
    select
        {% for model in ['base_rate', 'recency_rate', 'regression'] -%}
        max(
            case
                when scores.model = '{{ model }}'
                    then ln(greatest(scores.net_revenue, 1e-12))
            end
        ) as {{ model }},
        {% endfor -%}
        scores.customer_key
    from {{ ref('int_prospect_scores') }} as scores
    where
        scores.days_ago = 0
        and scores.horizon_days = {{ var('clv_horizon_days') }}
    group by scores.customer_key
),

fits as (
    select all_fits.*
    from {{ ref('py_prospect_coefficients') }} as all_fits
    where
        all_fits.days_ago = 0
        and all_fits.horizon_days = {{ var('clv_horizon_days') }}
),

{% for name, target in {'buying': 'buys', 'slopes': 'net_revenue'}.items() -%}
{{ name }} as (
    select
        {{ slopes_by_feature(at_means) }},
        coalesce(max(case when fits.feature = 'level' then fits.coefficient end), 0)
            as level
    from fits
    where fits.target = '{{ target }}'
),

{% endfor -%}
-- What a prospect is expected to do who has the mean of each feature.
means as (
    select
        buying.intercept + buying.level as log_odds,
        {{ linear_predictor(at_means) }} as log_net_revenue
    from buying
    cross join slopes
),

-- How fast ln p goes with η on the way.
compared as (
    select
        scored.customer_key,
        scored.model,
        case
            when scored.model = 'regression'
                then
                    expected.regression
                    - {{ log_chance('odds.linear_predictor') }}
                    + {{ log_chance('means.log_odds') }}
                    - amounts.linear_predictor
                    + means.log_net_revenue
            else expected.base_rate
        end as log_base,
        case
            when scored.model = 'recency_rate'
                then expected.recency_rate - expected.base_rate
        end as log_recency,
        case
            when scored.model <> 'regression' then null
            when abs(odds.linear_predictor - means.log_odds) < 1e-6
                then 1 / (1 + exp(means.log_odds))
            else
                (
                    {{ log_chance('odds.linear_predictor') }}
                    - {{ log_chance('means.log_odds') }}
                ) / (odds.linear_predictor - means.log_odds)
        end as chance_slope
    from scored
    inner join expected on scored.customer_key = expected.customer_key
    left join {{ ref('int_prospect_corrections') }} as odds
        on
            scored.customer_key = odds.customer_key
            and odds.days_ago = 0
            and odds.horizon_days = {{ var('clv_horizon_days') }}
            and odds.target = 'buys'
    left join {{ ref('int_prospect_corrections') }} as amounts
        on
            scored.customer_key = amounts.customer_key
            and amounts.days_ago = 0
            and amounts.horizon_days = {{ var('clv_horizon_days') }}
            and amounts.target = 'net_revenue'
    cross join means
)

select * from compared
