{#-
    Grain: one row per horizon, target and feature of the regression as of the build.
    The fits, with what each feature means, in front of the Python model, which can
    carry no contract.
-#}
with

definitions as (
    {{ feature_definitions({
        'intercept': 'What all customers have in common',
        'log_base': 'Logarithm of how often the purchase models expect them to buy',
    }, clv_features()) }}
),

coefficients as (
    select
        {{ coefficient_columns() }},
        cast(fits.n_customers as bigint) as n_customers,
        fits.penalty
    from {{ ref('py_clv_coefficients') }} as fits
    left join definitions on fits.feature = definitions.feature
    where fits.days_ago = 0
)

select * from coefficients
