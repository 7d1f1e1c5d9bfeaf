{#-
    Grain: one row per origin and prospect: the features of their predictions, and the
    band of how lately they came. `prospect_features()` says what each means.
-#}
with

features as (
    select
        measured.days_ago,
        {% for feature in prospect_features() -%}
        cast({{ feature['sql'] }} as double) as {{ feature['name'] }},
        {% endfor -%}
        case
            when measured.days_since_contact is null then 'never'
            when measured.days_since_contact < 7 then 'last 7 days'
            when measured.days_since_contact < 30 then 'last 30 days'
            when measured.days_since_contact < 90 then 'last 90 days'
            else 'before'
        end as recency_band,
        measured.customer_key
    from {{ ref('int_prospects_measured') }} as measured
)

select * from features
