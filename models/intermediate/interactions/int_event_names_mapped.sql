{#-
    Grain: one row per source and event name as it came. Its touchpoint, by the rules
    of your own, else by those that are shipped; `other` where no rule knows the name.
    Names meet the rules here once each, not once per event.
-#}
{{ config(materialized='table') }}

with

names as (
    select
        'web_events' as source,
        web_events.event_name
    from {{ ref('stg_web__web_events') }} as web_events
    group by web_events.event_name
    {% for model in contact_models() -%}
    union all
    select
        contacts.source,
        contacts.event_name
    from {{ ref(model) }} as contacts
    group by contacts.source, contacts.event_name
    {% endfor %}
),

normalised as (
    select
        names.source,
        names.event_name,
        {{ normalised_word('names.event_name') }} as rule_name
    from names
),

mapped as (
    select
        normalised.source,
        normalised.event_name,
        normalised.rule_name,
        coalesce(own_rules.touchpoint, rules.touchpoint, 'other') as touchpoint,
        coalesce(own_rules.touchpoint, rules.touchpoint) is not null as is_known
    from normalised
    left join {{ ref('touchpoint_rules_of_your_own') }} as own_rules
        on
            normalised.source = own_rules.source
            and normalised.rule_name = own_rules.event_name
    left join {{ ref('touchpoint_rules') }} as rules
        on
            normalised.source = rules.source
            and normalised.rule_name = rules.event_name
),

described as (
    select
        mapped.source,
        mapped.event_name,
        mapped.rule_name,
        mapped.touchpoint,
        mapped.is_known,
        touchpoints.phase,
        touchpoints.direction,
        touchpoints.stage_signal,
        touchpoints.friction_weight
    from mapped
    inner join {{ ref('touchpoints') }} as touchpoints
        on mapped.touchpoint = touchpoints.touchpoint
)

select * from described
