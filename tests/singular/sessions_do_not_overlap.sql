-- A device's session begins after its person's last one on it has ended.
with

ordered as (
    select
        sessions.session_key,
        sessions.started_at,
        lag(sessions.ended_at) over (
            partition by sessions.customer_key, sessions.anonymous_id
            order by sessions.started_at, sessions.ended_at, sessions.session_key
        ) as last_ended_at
    from {{ ref('fct_sessions') }} as sessions
)

select ordered.session_key
from ordered
where ordered.started_at < ordered.last_ended_at
