{#-
    Grain: one row per prospect and part of what the model that scores expects of them
    over `clv_horizon_days`: that of a prospect like all (`base`), and what each feature
    of their own adds to its logarithm.

    The regression expects p exp(ν). ν is a sum over the features; of ln p each is given
    what it has of η, the logit of p: Aumann and Shapley's values.
-#}
{%- set value = 'listed.feature_value' -%}
{%- set spent = ['effects.spent_min', 'effects.spent_max'] -%}
with

fits as (
    select all_fits.*
    from {{ ref('py_prospect_coefficients') }} as all_fits
    where
        all_fits.days_ago = 0
        and all_fits.horizon_days = {{ var('clv_horizon_days') }}
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
        case
            when compared.model = 'regression'
                then 'Expected of a prospect with the mean of each feature'
            else 'Expected of a prospect of whom nothing is known'
        end as words,
        exp(compared.log_base) as plain_value,
        compared.log_base as contribution
    from {{ ref('int_prospects_compared') }} as compared
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
    from {{ ref('int_prospects_compared') }} as compared
    inner join {{ ref('int_prospect_features_listed') }} as listed
        on
            compared.customer_key = listed.customer_key
            and compared.model = 'regression'
    inner join effects on listed.feature = effects.feature
    union all
    select
        compared.customer_key,
        'recency_band' as feature,
        'Days since the latest contact of their own' as words,
        cast(measured.days_since_contact as double) as plain_value,
        compared.log_recency as contribution
    from {{ ref('int_prospects_compared') }} as compared
    inner join {{ ref('int_prospects_measured') }} as measured
        on
            compared.customer_key = measured.customer_key
            and compared.model = 'recency_rate'
            and measured.days_ago = 0
)

select * from parts
