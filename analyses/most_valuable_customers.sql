{#-
    Who are the ten customers worth most from here on, and why them? How much they
    have brought so far, whether they are thought to be still there, and what is
    expected of them.
-#}
select
    customers.customer_id,
    customers.rfm_segment,
    clv.n_orders,
    clv.historic_net_revenue_amount,
    clv.p_alive,
    clv.predicted_orders,
    clv.predicted_net_revenue_amount,
    clv.clv_amount
from {{ ref('clv_customers') }} as clv
inner join {{ ref('dim_customers') }} as customers
    on clv.customer_key = customers.customer_key
order by clv.clv_amount desc, customers.customer_id asc
limit 10
