{#- Grain: one row per review, accepted. -#}
with

raw_reviews as (
    select * from {{ ref('base_loyalty__reviews') }}
),

accepted as (
    select
        raw_reviews.review_id,
        raw_reviews.posted_at,
        raw_reviews.customer_id,
        raw_reviews.product_id,
        raw_reviews.rating,
        raw_reviews.body_length,
        raw_reviews.is_testimonial
    from raw_reviews
    where raw_reviews.row_status = 'accepted'
)

select * from accepted
