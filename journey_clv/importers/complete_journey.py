"""Complete Journey as raw-contract tables: the SQL; `docs/samples.md` has the why."""

FILES = tuple(
    f"data/{name}.parquet"
    for name in (
        "transactions",
        "products",
        "demographics",
        "campaigns",
        "campaign_descriptions",
        "coupon_redemptions",
    )
)

# Every file as a view of its name, and the receipts typed. The receipts' times are in
# UTC; the dates of the other files are days in the stores' zone.
SETUP = (
    "\n".join(
        f"""
        create view {file.removeprefix("data/").removesuffix(".parquet")} as
        select * from read_parquet(getvariable('source') || '/{file}');
        """
        for file in FILES
    )
    + """
    create table receipt_lines as
    with
    typed as (
        select
            transactions.basket_id,
            transactions.household_id,
            transactions.product_id,
            transactions.quantity,
            timezone(
                'America/New_York', timezone('UTC', transactions.transaction_timestamp)
            ) as sold_at,
            cast(transactions.sales_value as decimal(18, 2)) as amount,
            cast(
                cast(transactions.retail_disc as decimal(18, 2))
                + cast(transactions.coupon_match_disc as decimal(18, 2))
                as decimal(18, 2)
            ) as discount_amount,
            cast(transactions.coupon_disc as decimal(18, 2)) as manufacturer_amount,
            coalesce(starts_with(products.product_type, 'GASOLINE'), false) as is_fuel,
        from transactions
        left join products
            on transactions.product_id = products.product_id
    )
    select
        * replace (
            cast(
                case
                    -- gallons, from the pump's thousandths of a gallon
                    when is_fuel and quantity > 1 then quantity / 1000
                    -- money for no unit: one unit, or the money would have no line
                    when quantity = 0 and amount + discount_amount <> 0 then 1
                    else quantity
                end
                as decimal(18, 4)
            ) as quantity
        ),
    from typed
    """
)

ORDERS = """
    with
    baskets as (
        select
            basket_id,
            household_id,
            sold_at,
            sum(amount) as amount,
            sum(discount_amount) as discount_amount,
            sum(manufacturer_amount) as manufacturer_amount,
        from receipt_lines
        group by basket_id, household_id, sold_at
    ),
    ranked_baskets as (
        select
            *,
            row_number() over (
                partition by household_id, cast(sold_at as date)
                order by manufacturer_amount desc, basket_id
            ) as rank_in_day,
        from baskets
    ),
    redemptions as (
        select
            household_id,
            cast(redemption_date as date) as redemption_date,
            cast(coupon_upc as varchar) as coupon_upc,
        from coupon_redemptions
    ),
    redemption_days as (
        select
            household_id,
            redemption_date,
            string_agg(distinct coupon_upc, ',' order by coupon_upc) as coupon_code,
        from redemptions
        group by household_id, redemption_date
    )
    select
        cast(ranked_baskets.basket_id as varchar) as order_id,
        cast(ranked_baskets.household_id as varchar) as customer_id,
        ranked_baskets.sold_at as ordered_at,
        cast(ranked_baskets.amount as decimal(18, 2)) as amount,
        cast(ranked_baskets.discount_amount as decimal(18, 2)) as discount_amount,
        'store' as sales_channel,
        redemption_days.coupon_code,
    from ranked_baskets
    left join redemption_days
        on
            ranked_baskets.household_id = redemption_days.household_id
            and cast(ranked_baskets.sold_at as date) = redemption_days.redemption_date
            and ranked_baskets.rank_in_day = 1
    order by ranked_baskets.sold_at, ranked_baskets.basket_id
"""

ORDER_LINES = """
    select
        cast(basket_id as varchar) as order_id,
        row_number() over (partition by basket_id order by product_id) as line_number,
        cast(product_id as varchar) as product_id,
        quantity,
        cast(
            coalesce((amount + discount_amount) / nullif(quantity, 0), 0)
            as decimal(18, 4)
        ) as unit_price,
        discount_amount,
    from receipt_lines
    order by sold_at, basket_id, product_id
"""

PRODUCTS = """
    select
        cast(product_id as varchar) as product_id,
        nullif(concat_ws(', ', product_type, package_size), '') as name,
        coalesce(product_category, department) as category,
        department,
        brand,
    from products
    order by products.product_id
"""

# The open band, 65 and over, is taken as ten years wide, like the others.
CUSTOMERS = """
    with
    households as (
        select household_id from transactions
        union
        select household_id from demographics
        union
        select household_id from campaigns
        union
        select household_id from coupon_redemptions
    )
    select
        cast(households.household_id as varchar) as customer_id,
        case demographics.age
            when '19-24' then 2017 - 21
            when '25-34' then 2017 - 29
            when '35-44' then 2017 - 39
            when '45-54' then 2017 - 49
            when '55-64' then 2017 - 59
            when '65+' then 2017 - 69
        end as birth_year,
        'US' as country,
        demographics.age,
        demographics.income,
        demographics.home_ownership,
        demographics.marital_status,
        demographics.household_size,
        demographics.household_comp,
        demographics.kids_count,
    from households
    left join demographics
        on households.household_id = demographics.household_id
    order by households.household_id
"""

CAMPAIGNS = """
    select
        cast(campaign_id as varchar) as campaign_id,
        'Campaign ' || campaign_id as name,
        'direct_mail' as channel,
        cast(null as varchar) as objective,
        cast(start_date as timestamp) as started_at,
        -- the file has the last day
        cast(end_date as timestamp) + interval 1 day as ended_at,
        campaign_type as offer,
    from campaign_descriptions
    order by campaign_descriptions.campaign_id
"""

MESSAGES = """
    with
    mailings as (
        select
            concat_ws(
                '-', 'sent', campaigns.campaign_id, campaigns.household_id
            ) as event_id,
            campaign_descriptions.start_date as occurred_at,
            campaigns.household_id,
            'sent' as event_name,
            campaigns.campaign_id,
        from campaigns
        inner join campaign_descriptions
            on campaigns.campaign_id = campaign_descriptions.campaign_id
    ),
    redemptions as (
        select
            concat_ws(
                '-',
                'redeemed',
                campaign_id,
                household_id,
                coupon_upc,
                strftime(redemption_date, '%Y%m%d')
            ) as event_id,
            redemption_date as occurred_at,
            household_id,
            'coupon_redeemed' as event_name,
            campaign_id,
        from coupon_redemptions
    ),
    events as (
        select * from mailings
        union all
        select * from redemptions
    )
    select
        event_id,
        cast(occurred_at as timestamp) as occurred_at,
        cast(household_id as varchar) as customer_id,
        event_name,
        campaign_id || '-' || household_id as message_id,
        cast(campaign_id as varchar) as campaign_id,
        'direct_mail' as message_channel,
    from events
    order by events.occurred_at, event_id
"""

TABLES = {
    "orders": ORDERS,
    "order_lines": ORDER_LINES,
    "products": PRODUCTS,
    "customers": CUSTOMERS,
    "campaigns": CAMPAIGNS,
    "messages": MESSAGES,
}
