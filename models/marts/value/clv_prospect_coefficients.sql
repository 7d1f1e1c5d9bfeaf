{#-
    Grain: one row per horizon, target and feature of the regressions of prospects as of
    the build. The fits, with what each feature means, in front of the Python model,
    which can carry no contract.
-#}
with

definitions as (
    {{ feature_definitions({
        'intercept': 'What all prospects have in common',
        'level': 'The latest origin, against all that were learned from',
    }, prospect_features()) }}
),

coefficients as (
    select
        {{ coefficient_columns() }},
        cast(fits.n_prospects as bigint) as n_prospects,
        cast(fits.n_buyers as bigint) as n_buyers
    from {{ ref('py_prospect_coefficients') }} as fits
    left join definitions on fits.feature = definitions.feature
    where fits.days_ago = 0
)

select * from coefficients
