{#-
    Grain: one row per prospect and part of what the model that scores expects of them
    over `clv_horizon_days`: that of a prospect like all (`base`), and what each feature
    of their own adds to its logarithm.

    The regression expects p exp(ν), p = 1 / (1 + exp(-η)). ν is a sum over the features,
    ln p is not. On the straight way to η from η₀, where each feature has its mean, each
    is given of ln p - ln p₀ what it has of η - η₀: Aumann and Shapley's values.
-#}
{%- set value = 'listed.feature_value' -%}
{%- set spent = ['effects.spent_min', 'effects.spent_max'] -%}
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

-- What is expected of this one, and how fast ln p goes with η on the way.
compared as (
    select
        scored.customer_key,
        expected.regression
        - {{ log_chance('odds.linear_predictor') }}
        + {{ log_chance('means.log_odds') }}
        - amounts.linear_predictor
        + means.log_net_revenue as log_base,
        case
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
    inner join {{ ref('int_prospect_corrections') }} as odds
        on
            scored.customer_key = odds.customer_key
            and odds.days_ago = 0
            and odds.horizon_days = {{ var('clv_horizon_days') }}
            and odds.target = 'buys'
    inner join {{ ref('int_prospect_corrections') }} as amounts
        on
            scored.customer_key = amounts.customer_key
            and amounts.days_ago = 0
            and amounts.horizon_days = {{ var('clv_horizon_days') }}
            and amounts.target = 'net_revenue'
    cross join means
    where scored.model = 'regression'
),

-- What did not vary among buyers says nothing of what they brought.
effects as (
    select
        fits.feature,
        fits.feature_min,
        fits.feature_max,
        fits.feature_mean,
        fits.coefficient / fits.feature_deviation as slope,
        coalesce(spent.feature_min, 0) as spent_min,
        coalesce(spent.feature_max, 0) as spent_max,
        coalesce(spent.coefficient / spent.feature_deviation, 0) as spent_slope
    from fits
    left join fits as spent
        on
            fits.feature = spent.feature
            and spent.target = 'net_revenue'
    where
        fits.target = 'buys'
        and fits.feature not in ('intercept', 'level')
),

parts as (
    select
        compared.customer_key,
        'base' as feature,
        'Expected of a prospect with the mean of each feature' as words,
        exp(compared.log_base) as plain_value,
        compared.log_base as contribution
    from compared
    union all
    select
        compared.customer_key,
        listed.feature,
        listed.words,
        listed.plain_value,
        (
            {{ clipped(value, 'effects.feature_min', 'effects.feature_max') }}
            - effects.feature_mean
        ) * effects.slope * compared.chance_slope
        + (
            {{ clipped(value, *spent) }} - {{ clipped('effects.feature_mean', *spent) }}
        ) * effects.spent_slope as contribution
    from compared
    inner join {{ ref('int_prospect_features_listed') }} as listed
        on compared.customer_key = listed.customer_key
    inner join effects on listed.feature = effects.feature
    union all
    select
        scored.customer_key,
        'base' as feature,
        'Expected of a prospect of whom nothing is known' as words,
        exp(expected.base_rate) as plain_value,
        expected.base_rate as contribution
    from scored
    inner join expected on scored.customer_key = expected.customer_key
    where scored.model <> 'regression'
    union all
    select
        scored.customer_key,
        'recency_band' as feature,
        'Days since the latest contact of their own' as words,
        cast(measured.days_since_contact as double) as plain_value,
        expected.recency_rate - expected.base_rate as contribution
    from scored
    inner join expected on scored.customer_key = expected.customer_key
    inner join {{ ref('int_prospects_measured') }} as measured
        on
            scored.customer_key = measured.customer_key
            and measured.days_ago = 0
    where scored.model = 'recency_rate'
)

select * from parts
