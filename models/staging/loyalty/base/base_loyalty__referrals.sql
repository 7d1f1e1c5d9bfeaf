{#- Grain: one row per raw referral that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('referrals') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('referrals') }}
            when typed.referrer_customer_id = typed.referee_customer_id
                then 'self_referral'
        end as rejection_reason
    from typed
    where {{ not_erased('referrals') }}
),

{{ decided_rows('referrals') }}

select * from decided
