{#-
    Which first channel leads to advocates? Of the people whom each channel met first,
    how many have ever spoken up for the business, with an interval: channels whose
    intervals overlap much are not known to differ.
-#}
with

people as (
    select
        judged.customer_key,
        min(judged.first_channel) as first_channel,
        max(case when judged.stage = 'advocacy' then 1 else 0 end) as is_advocate
    from {{ ref('int_spells_judged') }} as judged
    group by judged.customer_key
),

channels as (
    select
        people.first_channel,
        count(*) as n_people,
        sum(people.is_advocate) as n_advocates
    from people
    group by people.first_channel
)

select
    channels.first_channel,
    channels.n_people,
    channels.n_advocates,
    cast(channels.n_advocates as double) / channels.n_people as advocate_rate,
    {{ wilson_bound('channels.n_advocates', 'channels.n_people', 'lower') }}
        as advocate_rate_lower,
    {{ wilson_bound('channels.n_advocates', 'channels.n_people', 'upper') }}
        as advocate_rate_upper
from channels
order by advocate_rate desc, channels.first_channel asc
