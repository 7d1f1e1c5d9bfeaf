{#- No stale root: what is valid now is what every other model takes the person from. -#}
{% test open_rows_agree(model) %}
select
    identity_map.identifier_kind,
    identity_map.identifier,
    identity_map.customer_key,
    resolved.customer_key as resolved_key
from {{ model }} as identity_map
full outer join {{ ref('int_identifiers_resolved') }} as resolved
    on
        identity_map.identifier_kind = resolved.kind
        and identity_map.identifier = resolved.identifier
where
    identity_map.valid_to_at is null
    and (
        identity_map.customer_key is null
        or resolved.customer_key is null
        or identity_map.customer_key <> resolved.customer_key
    )
{% endtest %}
