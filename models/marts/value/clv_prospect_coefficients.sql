{#-
    Grain: one row per horizon, target and feature of the regressions of prospects as of
    the build. The fits, with what each feature means, in front of the Python model,
    which can carry no contract.
-#}
with

definitions as (
    select
        'intercept' as feature,
        'What all prospects have in common' as definition,
        'orders' as source
    union all
    select
        'level' as feature,
        'The latest origin, against all that were learned from' as definition,
        'orders' as source
    {%- for feature in prospect_features() %}
    union all
    select
        '{{ feature['name'] }}' as feature,
        '{{ feature['definition'] | replace("'", "''") }}' as definition,
        '{{ feature['source'] }}' as source
    {%- endfor %}
),

coefficients as (
    select
        cast(fits.horizon_days as integer) as horizon_days,
        cast(fits.target as varchar) as target,
        cast(fits.feature as varchar) as feature,
        cast(definitions.definition as varchar) as definition,
        cast(definitions.source as varchar) as source,
        cast(fits.trained_horizon_days as integer) as trained_horizon_days,
        fits.feature_mean,
        fits.feature_deviation,
        fits.coefficient,
        exp(fits.coefficient) as factor,
        fits.std_error,
        fits.ci_lower as coefficient_lower,
        fits.ci_upper as coefficient_upper,
        fits.z,
        fits.p_value,
        fits.adjusted_p_value,
        cast(fits.n_rows as bigint) as n_rows,
        cast(fits.n_prospects as bigint) as n_prospects,
        cast(fits.n_buyers as bigint) as n_buyers
    from {{ ref('py_prospect_coefficients') }} as fits
    left join definitions on fits.feature = definitions.feature
    where fits.days_ago = 0
)

select * from coefficients
