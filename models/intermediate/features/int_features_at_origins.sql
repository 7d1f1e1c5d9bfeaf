{#-
    Grain: one row per origin and customer who had bought by then: the features of the
    regression. `clv_features()` says what each means.
-#}
{{ config(materialized='view') }}
with

features as (
    select
        measured.days_ago,
        {% for feature in clv_features() -%}
        cast({{ feature['sql'] }} as double) as {{ feature['name'] }},
        {% endfor -%}
        measured.customer_key
    from {{ ref('int_features_measured') }} as measured
)

select * from features
