{#- Grain: one row per raw campaign that belongs to nobody who was erased. -#}
{{ config(materialized='table', pre_hook="{{ keep_before(this) }}") }}

with

typed as (
    {{ typed_rows('campaigns') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('campaigns') }}
        end as rejection_reason
    from typed
    where {{ not_erased('campaigns') }}
),

{{ decided_rows('campaigns') }}

select * from decided
