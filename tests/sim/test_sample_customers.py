from callcenter.core.numbers import parse_number
from callcenter.sim.sample_customers import load_sample_customers
from callcenter.store import customers
from callcenter.store.database import Database
from callcenter.store.types import now


def test_the_twelve_are_loaded_once(database: Database) -> None:
    for expected in (12, 0):
        with database.transaction() as session:
            assert load_sample_customers(session, now()) == expected


def test_a_sample_customer_has_all_the_pop_needs(database: Database) -> None:
    with database.transaction() as session:
        load_sample_customers(session, now(), language="en")
        (wang,) = customers.by_number(session, parse_number("199 0000 0001"))
        assert wang.name == "Wang Jianguo"
        assert wang.id is not None
        assert [vehicle.plate for vehicle, _ in customers.vehicles_of(session, wang.id)] == ["川AV36K8"]
        assert len(customers.open_cases_of(session, wang.id)) == 2
        assert len(customers.recent_orders_of(session, wang.id)) == 2
