"""CDNOW as raw-contract tables: the SQL; `docs/samples.md` has the decisions."""

MASTER = "datasets/CDNOW_master.txt"
TENTH = "datasets/CDNOW_sample.txt"


def setup(file: str) -> str:
    """Return the SQL that reads a CDNOW text file into the table `purchases`.

    Both files end in date, number of CDs and amount, and start with the master id;
    the sample's own id in between is not read. Only the master has a header.
    """
    return f"""
    create table purchases as
    with
    file_lines as (
        select string_split(content, chr(10)) as lines
        from read_text(getvariable('source') || '/{file}')
    ),
    text_lines as (
        select
            generate_subscripts(lines, 1) as position,
            unnest(lines) as line,
        from file_lines
    ),
    numbered as (
        select
            row_number() over (order by position) as line_number,
            regexp_extract_all(line, '[0-9.]+') as fields,
        from text_lines
        where regexp_matches(line, '^ *[0-9]')
    )
    select
        'cdnow-' || lpad(cast(line_number as varchar), 6, '0') as order_id,
        fields[1] as customer_id,
        cast(strptime(fields[-3], '%Y%m%d') as timestamp) as ordered_at,
        cast(fields[-1] as decimal(18, 2)) as amount,
        cast(fields[-2] as decimal(18, 4)) as quantity,
    from numbered
    """


TABLES = {
    "orders": """
        select
            order_id,
            customer_id,
            ordered_at,
            amount,
        from purchases
        order by order_id
    """,
    "order_lines": """
        select
            order_id,
            1 as line_number,
            'cd' as product_id,
            quantity,
            cast(amount / quantity as decimal(18, 4)) as unit_price,
        from purchases
        order by order_id
    """,
}
