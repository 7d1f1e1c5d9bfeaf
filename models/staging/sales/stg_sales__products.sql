{#- Grain: one row per product, accepted. -#}
with

raw_products as (
    select * from {{ ref('base_sales__products') }}
),

accepted as (
    select
        raw_products.product_id,
        raw_products.name,
        raw_products.category,
        raw_products.unit_cost
    from raw_products
    where raw_products.row_status = 'accepted'
)

select * from accepted
