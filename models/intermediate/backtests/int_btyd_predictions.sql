{#-
    Grain: one row per origin, model, purchase history and horizon: what each purchase
    model expects, and their mean once the share of the dormant is counted; which of the
    means the regression corrects.
-#}
with

-- Of a horizon that was not seen to pass, only the dormant say what is to come later;
-- but a third of it must have been, lest their share be a season's.
shares as (
    select
        shares.days_ago,
        shares.horizon_days,
        shares.dormant_share,
        shares.trained_horizon_days < shares.horizon_days
        and 3 * shares.trained_horizon_days >= shares.horizon_days as is_beyond_seen
    from {{ ref('py_dormant_shares') }} as shares
),

predictions as (
    select
        fitted.days_ago,
        fitted.model,
        fitted.x,
        fitted.t_x,
        fitted.T,
        fitted.horizon_days,
        fitted.p_alive,
        fitted.expected_orders,
        fitted.orders_if_alive,
        fitted.discounted_orders,
        fitted.discounted_orders_if_alive,
        fitted.model = 'btyd_average' and not shares.is_beyond_seen as is_base
    from {{ ref('int_orders_expected') }} as fitted
    inner join shares
        on
            fitted.days_ago = shares.days_ago
            and fitted.horizon_days = shares.horizon_days
),

-- Of those whom a model holds for gone, the share is alive none the less.
with_dormant as (
    select
        predictions.days_ago,
        'btyd_dormant' as model,
        predictions.x,
        predictions.t_x,
        predictions.T,
        predictions.horizon_days,
        predictions.p_alive + shares.dormant_share * (1 - predictions.p_alive)
            as p_alive,
        predictions.expected_orders + shares.dormant_share
        * (predictions.orders_if_alive - predictions.expected_orders)
            as expected_orders,
        predictions.orders_if_alive,
        predictions.discounted_orders + shares.dormant_share
        * (predictions.discounted_orders_if_alive - predictions.discounted_orders)
            as discounted_orders,
        predictions.discounted_orders_if_alive,
        shares.is_beyond_seen as is_base
    from predictions
    inner join shares
        on
            predictions.model = 'btyd_average'
            and predictions.days_ago = shares.days_ago
            and predictions.horizon_days = shares.horizon_days
),

final as (
    select * from predictions
    union all
    select * from with_dormant
)

select * from final
