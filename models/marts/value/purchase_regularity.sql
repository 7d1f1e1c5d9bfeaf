{#-
    Grain: one row per k that was tried. How regularly customers buy, in front of the
    Python model, which can carry no contract.
-#}
with

regularity as (
    select
        cast(fits.k as integer) as k,
        cast(fits.is_best as boolean) as is_best,
        1 / sqrt(fits.k) as gap_variation,
        fits.log_likelihood,
        fits.r,
        fits.alpha,
        fits.a,
        fits.b,
        cast(fits.n_customers as bigint) as n_customers,
        cast(fits.status as varchar) as status,
        cast(fits.message as varchar) as message
    from {{ ref('py_purchase_regularity') }} as fits
)

select * from regularity
