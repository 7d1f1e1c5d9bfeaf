{#-
    Which paths do people take to their first order, and which steps lose them? The
    twenty most trodden prefixes, the share of those on the step before who came here,
    and the share that went on to an order.
-#}
select
    paths.path,
    paths.n_journeys,
    cast(paths.n_journeys as double) / parents.n_journeys as step_share,
    paths.order_rate,
    paths.order_rate_lower,
    paths.order_rate_upper,
    paths.revenue_amount
from {{ ref('journey_paths') }} as paths
inner join {{ ref('journey_paths') }} as parents
    on paths.parent_path_key = parents.path_key
where not paths.is_remainder
order by paths.n_journeys desc, paths.path asc
limit 20
