{#-
    What becomes of people who abandon a checkout? How many of those falls back to
    consideration came to a purchase stage again, how many lapsed, how many are still
    thinking, and how long it took.
-#}
with

fallbacks as (
    select
        spells.customer_key,
        spells.spell_number + 1 as next_spell_number
    from {{ ref('fct_stage_spells') }} as spells
    where spells.stage = 'purchase' and spells.exit_stage = 'consideration'
),

sequels as (
    select
        case judged.outcome
            when 'converted' then 'tried again'
            when 'dropped' then 'lapsed'
            else 'still considering'
        end as sequel,
        judged.days
    from fallbacks
    inner join {{ ref('int_spells_judged') }} as judged
        on
            fallbacks.customer_key = judged.customer_key
            and fallbacks.next_spell_number = judged.spell_number
)

select
    sequels.sequel,
    count(*) as n_checkouts,
    cast(count(*) as double) / sum(count(*)) over () as checkout_share,
    median(sequels.days) as median_days
from sequels
group by sequels.sequel
order by n_checkouts desc, sequels.sequel asc
