{#- No link leads from one component to another: the components are whole. -#}
{% test no_link_between_components(model) %}
select
    identity_links.node,
    identity_links.other_node
from {{ ref('int_identity_links') }} as identity_links
left join {{ model }} as here
    on identity_links.node = here.customer_id
left join {{ model }} as there
    on identity_links.other_node = there.customer_id
where
    here.root_customer_id is null
    or there.root_customer_id is null
    or here.root_customer_id <> there.root_customer_id
{% endtest %}
