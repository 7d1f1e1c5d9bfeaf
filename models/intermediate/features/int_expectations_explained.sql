{#-
    Grain: one row per customer and part of what the purchase and the spend model expect
    of them over `clv_horizon_days`: that of the average customer (`base`), and what
    chance, pace and spend of their own add to its logarithm.
-#}
with

customers as (
    select
        scored.customer_key,
        scored.p_alive is not null as may_have_stopped,
        greatest(coalesce(scored.p_alive, 1), 1e-12) as p_alive,
        greatest(
            coalesce(regressed.base_orders, scored.predicted_orders), 1e-12
        ) as expected_orders,
        scored.purchase_spend
    from {{ ref('int_customers_scored') }} as scored
    left join {{ ref('int_regression_scores') }} as regressed
        on
            scored.purchase_model = 'regression'
            and regressed.days_ago = 0
            and scored.horizon_days = regressed.horizon_days
            and scored.customer_key = regressed.customer_key
    where
        scored.horizon_days = {{ var('clv_horizon_days') }}
        and scored.net_revenue > 0
),

-- Their product is the mean expectation. Sums of decimals are the same on any number
-- of threads.
means as (
    select
        cast(sum(cast(customers.p_alive as decimal(28, 12))) as double)
        / count(*) as p_alive,
        cast(sum(cast(customers.expected_orders as decimal(28, 12))) as double)
        / cast(sum(cast(customers.p_alive as decimal(28, 12))) as double)
            as orders_if_alive,
        cast(sum(cast(
            customers.expected_orders * customers.purchase_spend as decimal(28, 8)
        )) as double)
        / cast(sum(cast(customers.expected_orders as decimal(28, 12))) as double)
            as purchase_spend
    from customers
),

parts as (
    select
        customers.customer_key,
        'base' as feature,
        'Expected of the average customer' as words,
        means.p_alive * means.orders_if_alive * means.purchase_spend as plain_value,
        ln(means.p_alive * means.orders_if_alive * means.purchase_spend)
            as contribution
    from customers
    cross join means
    union all
    select
        customers.customer_key,
        'p_alive' as feature,
        'Chance that they have not stopped buying' as words,
        customers.p_alive as plain_value,
        ln(customers.p_alive / means.p_alive) as contribution
    from customers
    cross join means
    where customers.may_have_stopped
    union all
    select
        customers.customer_key,
        'orders_if_alive' as feature,
        'Days with a purchase ahead, if they have not stopped' as words,
        customers.expected_orders / customers.p_alive as plain_value,
        ln(customers.expected_orders / customers.p_alive / means.orders_if_alive)
            as contribution
    from customers
    cross join means
    union all
    select
        customers.customer_key,
        'purchase_spend' as feature,
        'What a purchase of theirs brings' as words,
        customers.purchase_spend as plain_value,
        ln(customers.purchase_spend / means.purchase_spend) as contribution
    from customers
    cross join means
)

select * from parts
