{#-
    Grain: one row per customer: what they are worth for as long as they live, with each
    day's margin discounted. Up to the longest horizon it is what the model that scores says;
    what comes later is left to the purchase models.
-#}
with

longest as (
    select
        horizons.horizon_days,
        horizons.margin_rate
    from {{ ref('int_clv_horizons') }} as horizons
    where horizons.horizon_days = {{ var('clv_horizons') | max }}
),

lifetimes as (
    select fitted.*
    from {{ ref('int_orders_expected') }} as fitted
    where fitted.days_ago = 0 and fitted.horizon_days = {{ var('clv_lifetime_days') }}
),

shares as (
    select shares.dormant_share
    from {{ ref('py_dormant_shares') }} as shares
    inner join longest on shares.horizon_days = longest.horizon_days
    where shares.days_ago = 0
),

-- By the model that scores: the regression goes on as what it corrects.
fitted as (
    {% for scoring, condition in {
        'fitted.model': 'fitted.days_ago = 0',
        "'regression'": 'fitted.days_ago = 0 and fitted.is_base',
    }.items() -%}
    select
        fitted.*,
        {{ scoring }} as purchase_model
    from {{ ref('int_btyd_predictions') }} as fitted
    inner join longest on fitted.horizon_days = longest.horizon_days
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Purchases after the longest horizon, each discounted from its day.
beyond as (
    select
        fitted.purchase_model,
        fitted.x,
        fitted.t_x,
        fitted.T,
        greatest(
            lifetimes.discounted_orders
            + case fitted.model when 'btyd_dormant' then shares.dormant_share else 0 end
            * (lifetimes.discounted_orders_if_alive - lifetimes.discounted_orders)
            - fitted.discounted_orders,
            0
        ) as discounted_orders
    from fitted
    inner join lifetimes
        on
            lifetimes.model = case
                when fitted.model = 'btyd_dormant' then 'btyd_average'
                else fitted.model
            end
            and fitted.x = lifetimes.x
            and fitted.t_x = lifetimes.t_x
            and fitted.T = lifetimes.T
    cross join shares
),

final as (
    select
        scored.customer_key,
        longest.margin_rate * (
            scored.net_revenue * scored.discount
            + beyond.discounted_orders * scored.purchase_spend
        ) as clv
    from {{ ref('int_customers_scored') }} as scored
    inner join longest on scored.horizon_days = longest.horizon_days
    inner join {{ ref('int_customer_purchase_summary') }} as summary
        on scored.customer_key = summary.customer_key
    inner join beyond
        on
            scored.purchase_model = beyond.purchase_model
            and summary.x = beyond.x
            and summary.operational_span = beyond.t_x
            and summary.operational_age = beyond.T
)

select * from final
