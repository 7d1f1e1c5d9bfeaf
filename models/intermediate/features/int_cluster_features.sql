{#-
    Grain: one row per customer with a purchase: what they are clustered by, as of the
    build, and whether they are in the sample from which the clusters are learned.
-#}
with

features as (
    select
        {% for name, sql in cluster_features() -%}
        cast({{ sql }} as double) as {{ name }},
        {% endfor -%}
        features.customer_key
    from {{ ref('int_features_at_origins') }} as features
    where features.days_ago = 0
),

-- Keys are hashes, so the first in their order are a random sample.
sampled as (
    select
        features.*,
        row_number() over (order by features.customer_key) <= 10000 as is_sampled
    from features
)

select * from sampled
