{#-
    Grain: one row per identifier of somebody who asked to be forgotten. A view over
    the raw files, so that no table keeps the identifiers: their customer numbers,
    their orders, and the devices that were only ever theirs.
-#}
with

requests as (
    {{ typed_rows('erasure_requests') }}
),

requested as (
    select requests.customer_id
    from requests
    where requests.customer_id is not null
    group by requests.customer_id
),

{% for table_name in [
    'orders', 'web_events', 'ad_interactions', 'social_engagements',
    'chat_conversations', 'experiment_exposures',
] -%}
{{ table_name }} as (
    {{ typed_rows(table_name) }}
),

{% endfor -%}
device_pairs as (
    {% for table_name in [
        'orders', 'web_events', 'ad_interactions', 'social_engagements',
        'chat_conversations', 'experiment_exposures',
    ] -%}
    select
        {{ table_name }}.customer_id,
        {{ table_name }}.anonymous_id
    from {{ table_name }}
    where
        {{ table_name }}.customer_id is not null
        and {{ table_name }}.anonymous_id is not null
    {{ 'union' if not loop.last }}
    {% endfor %}
),

their_devices as (
    select device_pairs.anonymous_id
    from device_pairs
    left join requested on device_pairs.customer_id = requested.customer_id
    group by device_pairs.anonymous_id
    having count(requested.customer_id) = count(*)
),

their_orders as (
    select orders.order_id
    from orders
    left join requested on orders.customer_id = requested.customer_id
    where orders.order_id is not null
    group by orders.order_id
    having count(requested.customer_id) = count(*)
),

identifiers as (
    select
        'customer_id' as kind,
        requested.customer_id as identifier
    from requested
    union all
    select
        'anonymous_id' as kind,
        their_devices.anonymous_id as identifier
    from their_devices
    union all
    select
        'order_id' as kind,
        their_orders.order_id as identifier
    from their_orders
)

select * from identifiers
