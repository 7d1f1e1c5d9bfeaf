{#- Grain: one row per customer in the sample from which the clusters are learned. -#}
{{ config(materialized='view') }}

with

sampled as (
    select
        {% for name, _ in cluster_features() -%}
        features.{{ name }},
        {% endfor -%}
        features.customer_key
    from {{ ref('int_cluster_features') }} as features
    where features.is_sampled
)

select * from sampled
