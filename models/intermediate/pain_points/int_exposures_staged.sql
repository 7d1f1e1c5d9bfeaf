{#-
    Grain: one row per exposure that was followed and stage in which it counts: its own,
    and `any`.
-#}
{{ config(materialized='view') }}
with

staged as (
    {% for stage in ['matched.stage', "'any'"] -%}
    select
        {{ stage }} as stage,
        matched.touchpoint,
        matched.customer_key,
        matched.likeness,
        matched.likeness_level,
        matched.n_likes,
        matched.drop_off_of_likes,
        matched.order_amount_of_likes,
        matched.dropped_off - matched.drop_off_of_likes as extra
    from {{ ref('int_exposures_matched') }} as matched
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from staged
