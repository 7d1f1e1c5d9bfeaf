{#-
    Grain: one row per person and kind of mix: the set of channels of their inbound
    contacts, of devices, of places of purchase. Everybody is in each kind once.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}
with

people as (
    select stage_spells.customer_key
    from {{ ref('fct_stage_spells') }} as stage_spells
    where
        stage_spells.spell_number = 1
        and {{ touched('stage_spells.customer_key') }}
),

orders as (
    select
        interactions.customer_key,
        coalesce(interactions.place, 'unknown') as place,
        count(case when interactions.stage_signal = 'order' then 1 end) as n_orders,
        sum(interactions.revenue_amount) as revenue_amount
    from {{ ref('fct_interactions') }} as interactions
    where
        {{ touched('interactions.customer_key') }}
        and (
            interactions.stage_signal = 'order'
            or interactions.revenue_amount is not null
        )
    group by interactions.customer_key, coalesce(interactions.place, 'unknown')
),

members as (
    select
        interactions.customer_key,
        'channel' as mix_kind,
        coalesce(interactions.channel, 'unknown') as member
    from {{ ref('fct_interactions') }} as interactions
    where
        interactions.direction = 'inbound'
        and {{ touched('interactions.customer_key') }}
    group by interactions.customer_key, coalesce(interactions.channel, 'unknown')
    union all
    select
        interactions.customer_key,
        'device' as mix_kind,
        interactions.device_type as member
    from {{ ref('fct_interactions') }} as interactions
    where
        interactions.direction = 'inbound'
        and interactions.device_type is not null
        and {{ touched('interactions.customer_key') }}
    group by interactions.customer_key, interactions.device_type
    union all
    select
        orders.customer_key,
        'place' as mix_kind,
        orders.place as member
    from orders
    where orders.n_orders > 0
),

mixes as (
    select
        members.customer_key,
        members.mix_kind,
        {{ joined_in_order('members.member', ' + ') }} as mix,
        count(*) as n_members
    from members
    group by members.customer_key, members.mix_kind
),

bought as (
    select
        orders.customer_key,
        sum(orders.n_orders) as n_orders,
        sum(orders.revenue_amount) as revenue_amount
    from orders
    group by orders.customer_key
),

mix_kinds as (
    select 'channel' as mix_kind
    union all
    select 'device' as mix_kind
    union all
    select 'place' as mix_kind
),

mixed as (
    select
        people.customer_key,
        mix_kinds.mix_kind,
        coalesce(mixes.mix, '(none)') as mix,
        coalesce(mixes.n_members, 0) as n_members,
        cast(coalesce(bought.n_orders, 0) as bigint) as n_orders,
        cast(coalesce(bought.revenue_amount, 0) as decimal(18, 4)) as revenue_amount
    from people
    cross join mix_kinds
    left join mixes
        on
            people.customer_key = mixes.customer_key
            and mix_kinds.mix_kind = mixes.mix_kind
    left join bought on people.customer_key = bought.customer_key
)

select * from mixed
