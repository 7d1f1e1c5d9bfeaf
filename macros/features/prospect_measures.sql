{#-
    The sums over a prospect's days with a contact that features are made of, as those of
    `clv_measures()`: the column of `int_contact_facts`, and between how many days back.
-#}
{% macro prospect_measures() %}
    {%- set all_time = none -%}
    {{ return([
        ('n_inbound', 0, 30),
        ('n_inbound', 0, 90),
        ('n_inbound', 0, all_time),
        ('n_active_days', 0, all_time),
        ('n_product_views', 0, all_time),
        ('n_carts', 0, all_time),
        ('n_checkouts', 0, 30),
        ('n_sign_ups', 0, all_time),
        ('n_paid', 0, all_time),
        ('n_messages', 0, 90),
        ('n_message_clicks', 0, 90),
        ('n_service', 0, 90),
        ('friction', 0, 90),
        ('memberships', 0, all_time),
    ]) }}
{% endmacro %}
