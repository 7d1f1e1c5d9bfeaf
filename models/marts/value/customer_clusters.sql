{#-
    Grain: one row per customer with a purchase: the behaviour cluster whose center is
    nearest, and how clearly it is.
-#}
{%- set parts = [
    'feature_min', 'feature_max', 'feature_mean', 'feature_scale', 'center',
] -%}
with

centers as (
    select
        fitted.cluster_number,
        {% for name, _ in cluster_features() -%}
        {% for part in parts -%}
        max(case when fitted.feature = '{{ name }}' then fitted.{{ part }} end)
            as {{ name }}_{{ part }},
        {% endfor -%}
        {% endfor -%}
        fitted.cluster_name
    from {{ ref('py_behaviour_clusters') }} as fitted
    group by fitted.cluster_number, fitted.cluster_name
),

distances as (
    select
        features.customer_key,
        centers.cluster_number,
        centers.cluster_name,
        sqrt(
            0
            {%- for name, _ in cluster_features() %}
            + power(
                (
                    greatest(
                        least(features.{{ name }}, centers.{{ name }}_feature_max),
                        centers.{{ name }}_feature_min
                    ) - centers.{{ name }}_feature_mean
                ) * centers.{{ name }}_feature_scale - centers.{{ name }}_center, 2
            )
            {%- endfor %}
        ) as distance
    from {{ ref('int_cluster_features') }} as features
    cross join centers
),

ranked as (
    select
        distances.*,
        lead(distances.cluster_number) over by_customer as second_cluster_number,
        lead(distances.distance) over by_customer as second_distance,
        row_number() over by_customer as nearness
    from distances
    window by_customer as (
        partition by distances.customer_key
        order by distances.distance, distances.cluster_number
    )
),

final as (
    select
        ranked.customer_key,
        cast(ranked.cluster_number as integer) as cluster_number,
        cast(ranked.cluster_name as varchar) as cluster_name,
        ranked.distance,
        cast(ranked.second_cluster_number as integer) as second_cluster_number,
        coalesce(
            (ranked.second_distance - ranked.distance)
            / nullif(ranked.second_distance + ranked.distance, 0), 1
        ) as clearness
    from ranked
    where ranked.nearness = 1
)

select * from final
