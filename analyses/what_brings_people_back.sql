{#-
    What brings lapsed people back? The contact that opened their next cycle, the last
    message, survey, advertisement, invitation or call that had reached them within the
    14 days before it, and how many of those cycles came to an order. Refunds, bounces,
    points and what becomes of a ticket are outbound too, and call nobody back.
-#}
with

returns as (
    select
        spells.customer_key,
        spells.cycle_number,
        min(spells.entered_at) as returned_at
    from {{ ref('fct_stage_spells') }} as spells
    where spells.cycle_number > 1
    group by spells.customer_key, spells.cycle_number
),

openings as (
    select
        returns.customer_key,
        returns.cycle_number,
        returns.returned_at,
        min(interactions.touchpoint) as touchpoint
    from returns
    inner join {{ ref('fct_interactions') }} as interactions
        on
            returns.customer_key = interactions.customer_key
            and returns.returned_at = interactions.occurred_at
            and interactions.direction = 'inbound'
    group by returns.customer_key, returns.cycle_number, returns.returned_at
),

reached as (
    select
        openings.customer_key,
        openings.cycle_number,
        interactions.touchpoint,
        row_number() over (
            partition by openings.customer_key, openings.cycle_number
            order by interactions.occurred_at desc, interactions.interaction_id desc
        ) as recency_rank
    from openings
    inner join {{ ref('fct_interactions') }} as interactions
        on
            openings.customer_key = interactions.customer_key
            and openings.returned_at > interactions.occurred_at
            and interactions.touchpoint in (
                'ad_shown', 'message_sent', 'message_delivered', 'message_opened',
                'survey_sent', 'referral_received', 'sales_called'
            )
    where
        openings.returned_at
        <= {{ dbt.dateadd('day', 14, 'interactions.occurred_at') }}
)

select
    openings.touchpoint as came_back_by,
    coalesce(reached.touchpoint, '(nothing)') as last_reached_by,
    count(*) as n_returns,
    count(case when journeys.outcome = 'ordered' then 1 end) as n_ordered,
    cast(count(case when journeys.outcome = 'ordered' then 1 end) as double)
    / count(*) as order_rate
from openings
inner join {{ ref('int_journeys_pathed') }} as journeys
    on
        openings.customer_key = journeys.customer_key
        and openings.cycle_number = journeys.cycle_number
left join reached
    on
        openings.customer_key = reached.customer_key
        and openings.cycle_number = reached.cycle_number
        and reached.recency_rank = 1
group by openings.touchpoint, coalesce(reached.touchpoint, '(nothing)')
order by n_returns desc, came_back_by asc, last_reached_by asc
