{#- Grain: one row per raw web event that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('web_events') }}
),

-- There are few browsers and many events: the patterns meet each browser once. They are
-- read by themselves, so that no event has to wait for the last one.
user_agents as (
    select browsers.user_agent
    from ({{ typed_rows('web_events', only_columns=['user_agent']) }}) as browsers
    where browsers.user_agent is not null
    group by browsers.user_agent
),

bots as (
    select user_agents.user_agent
    from user_agents
    inner join {{ ref('bot_user_agents') }} as patterns
        on {{ has_substring('lower(user_agents.user_agent)', 'patterns.pattern') }}
    group by user_agents.user_agent
    having min(case when patterns.is_bot then 1 else 0 end) = 1
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('web_events') }}
            when bots.user_agent is not null then 'bot'
        end as rejection_reason
    from typed
    left join bots on typed.user_agent = bots.user_agent
    where {{ not_erased('web_events') }}
),

{{ decided_rows('web_events') }}

select * from decided
