-- Who was a prospect at an origin and did not buy is one at the next, and who bought is
-- none.
select
    outcomes.days_ago,
    outcomes.horizon_days,
    outcomes.customer_key
from {{ ref('int_prospect_outcomes') }} as outcomes
left join {{ ref('int_prospects_at_origins') }} as later
    on
        outcomes.days_ago - outcomes.horizon_days = later.days_ago
        and outcomes.customer_key = later.customer_key
where (later.customer_key is null) <> (outcomes.buys = 1)
