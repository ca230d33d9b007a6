"""UVL texts that together use every construct we support."""

BOOLEANS = """
namespace Shop.Phones
include
\tBoolean.group-cardinality
features
\tPhone {abstract, maker 'Lanqiao'}
\t\tmandatory
\t\t\tCalls
\t\t\t"Screen size"
\t\t\t\talternative
\t\t\t\t\tSmall
\t\t\t\t\tLarge
\t\toptional
\t\t\tGps
\t\t\tMedia
\t\t\t\tor
\t\t\t\t\tCamera
\t\t\t\t\tMusic
\t\t[1..2] // at most two of three
\t\t\tRed
\t\t\tGreen
\t\t\tBlue
constraints
\tCamera => Large /* a comment
\tover two lines */
\tGps | Media
\tMusic <=> !Gps & (Red | Shop.Phones.Green)
\t!(Red & Blue) | Green
"""

ATTRIBUTES = """
features
  Sandwich
    mandatory
      Bread {Calories 100, Sugar 20, unit 'kcal', nested {deep 3, on true}}
    optional
      Sauce
        or
          Ketchup {Calories 40, Sugar 35.5, Kind 'red'}
          Mustard {Calories 25, Sugar -5, Kind 'yellow'}
      Cheese
        [0..2]
          Cheddar {Calories 60, Kind 'yellow'}
          Gouda {Calories 50}
          Goat {Calories 35, constraint Goat => !Ketchup, constraints [Goat => Cheddar, Cheddar | Gouda | Goat]}
constraints
  Ketchup => Cheese
  Bread.Sugar + Ketchup.Sugar - Mustard.Sugar * 2 < 70.25
  sum(Calories) <= 260 & avg(Calories) >= 37.5
  sum(Cheese, Calories) / (Ketchup.Calories - 41) != -50 | !Ketchup
  avg(Sauce, Calories) > 20 | !Mustard
  !(avg(Sauce, Calories) <= 20)
  Ketchup.Kind != Mustard.Kind | !Cheese
  Cheddar.Kind == Mustard.Kind => Bread.nested.on
  Bread.nested.deep == 3
"""

TYPES = """
include
    Arithmetic.*
    Type
features
    Rack
        mandatory
            Integer Height {min 2, max 6}
            Boolean Door
            String Colour {values ['grey', 'black', 'signal red']}
        optional
            Integer Shelves
            Integer Fans {minimum 1, maximum 3}
            String Lock {values ['key', 'code']}
constraints
    Shelves => 1 <= Shelves & Shelves < Height
    Shelves => Shelves <= 4
    Fans * 2 <= Height
    Lock == 'code' => Fans
    Colour != 'grey' | len(Lock) > 3
    len(Colour) + floor(Height / 4) + ceil(-Fans / 2) >= 5
    Height == 5 => Door & Colour == 'signal red'
    Height / Shelves >= 1.5 | !Shelves
    6 / (Fans - 2) < 4 | Fans == 2
"""

CLONES = """
features
    Site
        mandatory
            Hall cardinality [1..2] {Area 5}
                mandatory
                    Lamp {Watt 10}
                optional
                    Heater {Watt 20}
                    Integer Seats {min 1, max 2}
        optional
            Gate cardinality [0..2]
            Garage cardinality [2..2]
constraints
    Heater => Seats > 1
    sum(Watt) < 55
    Gate => Hall
    Hall.Area + sum(Hall, Watt) >= 15
    Lamp & !Garage | Heater
"""

EXAMPLES = {"booleans": BOOLEANS, "attributes": ATTRIBUTES, "types": TYPES, "clones": CLONES}
