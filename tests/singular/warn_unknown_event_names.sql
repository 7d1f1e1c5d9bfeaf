{#- Event names that no rule maps to a touchpoint, and how often each came. -#}
{{ config(severity='warn') }}

select
    interactions.source,
    interactions.event_name,
    count(*) as n_interactions
from {{ ref('fct_interactions') }} as interactions
where interactions.touchpoint = 'other'
group by interactions.source, interactions.event_name
