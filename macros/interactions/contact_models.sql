{#-
    The models that turn raw tables into contacts, all with the same columns. Web events
    are not among them: they come with their person and session.
-#}
{% macro contact_models() %}
    {{ return([
        'int_marketing_contacts',
        'int_sales_contacts',
        'int_service_contacts',
        'int_loyalty_contacts',
    ]) }}
{% endmacro %}
