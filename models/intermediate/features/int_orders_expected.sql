{#-
    Grain: one row per origin, model, purchase history and horizon. What each purchase
    model that was fitted expects, and the mean of them: of those who are alive, times
    how likely that is.
-#}
{%- set models = ['bg_nbd', 'mbg_nbd', 'pareto_nbd'] -%}
with

alive as (
    select
        cast(alive.days_ago as integer) as days_ago,
        cast(alive.model as varchar) as model,
        alive.x,
        alive.t_x,
        alive.T,
        greatest(alive.T, 0) as age,
        alive.p_alive
    from {{ ref('py_btyd_alive') }} as alive
),

ahead as (
    select
        cast(orders.days_ago as integer) as days_ago,
        cast(orders.model as varchar) as model,
        orders.x,
        orders.T as age,
        cast(orders.horizon_days as integer) as horizon_days,
        orders.orders_if_alive,
        orders.discounted_orders_if_alive
    from {{ ref('py_btyd_orders') }} as orders
),

of_each as (
    select
        alive.days_ago,
        alive.model,
        alive.x,
        alive.t_x,
        alive.T,
        ahead.horizon_days,
        alive.p_alive,
        alive.p_alive * ahead.orders_if_alive as expected_orders,
        ahead.orders_if_alive,
        alive.p_alive * ahead.discounted_orders_if_alive as discounted_orders,
        ahead.discounted_orders_if_alive
    from alive
    inner join ahead
        on
            alive.days_ago = ahead.days_ago
            and alive.model = ahead.model
            and alive.x = ahead.x
            and alive.age = ahead.age
),

-- The models side by side, so that they are always added up in one order.
alive_by_model as (
    select
        alive.days_ago,
        alive.x,
        alive.t_x,
        alive.T,
        alive.age,
        {% for model in models -%}
        coalesce(max(case when alive.model = '{{ model }}' then alive.p_alive end), 0)
            as p_alive_{{ model }},
        {% endfor -%}
        count(*) as n_models
    from alive
    group by alive.days_ago, alive.x, alive.t_x, alive.T, alive.age
),

ahead_by_model as (
    select
        ahead.days_ago,
        ahead.x,
        ahead.age,
        {% for model in models -%}
        {% for column in ['orders_if_alive', 'discounted_orders_if_alive'] -%}
        coalesce(
            max(case when ahead.model = '{{ model }}' then ahead.{{ column }} end), 0
        ) as {{ column }}_{{ model }},
        {% endfor -%}
        {% endfor -%}
        ahead.horizon_days
    from ahead
    group by ahead.days_ago, ahead.x, ahead.age, ahead.horizon_days
),

side_by_side as (
    select
        alive_by_model.*,
        {% for model in models -%}
        {% for column in ['orders_if_alive', 'discounted_orders_if_alive'] -%}
        ahead_by_model.{{ column }}_{{ model }},
        {% endfor -%}
        {% endfor -%}
        ahead_by_model.horizon_days
    from alive_by_model
    inner join ahead_by_model
        on
            alive_by_model.days_ago = ahead_by_model.days_ago
            and alive_by_model.x = ahead_by_model.x
            and alive_by_model.age = ahead_by_model.age
),

of_all as (
    select
        side_by_side.days_ago,
        'btyd_average' as model,
        side_by_side.x,
        side_by_side.t_x,
        side_by_side.T,
        side_by_side.horizon_days,
        {{ sum_over_models('side_by_side', models, ['p_alive']) }}
        / side_by_side.n_models as p_alive,
        {{ sum_over_models('side_by_side', models, ['p_alive', 'orders_if_alive']) }}
        / side_by_side.n_models as expected_orders,
        {{ sum_over_models('side_by_side', models, ['orders_if_alive']) }}
        / side_by_side.n_models as orders_if_alive,
        {{ sum_over_models(
            'side_by_side', models, ['p_alive', 'discounted_orders_if_alive']
        ) }}
        / side_by_side.n_models as discounted_orders,
        {{ sum_over_models('side_by_side', models, ['discounted_orders_if_alive']) }}
        / side_by_side.n_models as discounted_orders_if_alive
    from side_by_side
),

final as (
    select * from of_each
    union all
    select * from of_all
)

select * from final
