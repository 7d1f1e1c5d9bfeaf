{#- Channels that the seed `channel_names` does not know, and how often each came. -#}
{{ config(severity='warn') }}

select
    interactions.source,
    interactions.channel,
    count(*) as n_interactions
from {{ ref('fct_interactions') }} as interactions
left join {{ ref('channel_names') }} as names
    on interactions.channel = names.channel
where
    interactions.session_key is null
    and interactions.channel is not null
    and names.channel is null
group by interactions.source, interactions.channel
