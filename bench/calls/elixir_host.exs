# Elixir as the host: what one call costs, the empty loop taken off: the least of many short windows, by turns.
defmodule Host do
  defmacrop rounds(count, x, do: body) do
    quote do
      if unquote(count) > 0, do: unquote(body), else: unquote(x)
    end
  end

  def empty(n, x), do: rounds(n, x, do: empty(n - 1, x + 1))
  def nothing(n, x), do: rounds(n, x, do: nothing(n - 1, :peer_nif.nothing(x + 1)))
  def add_ints(n, x), do: rounds(n, x, do: add_ints(n - 1, :peer_nif.add_ints(x, 1)))

  def native_invoke(f, n, x) do
    rounds n, x do
      {:ok, y} = Tenon.Native.invoke(f, 5000, x, 1)
      native_invoke(f, n - 1, y)
    end
  end

  def function_call(f, n, x) do
    rounds n, x do
      {:ok, y} = Tenon.Function.call(f, [x, 1])
      function_call(f, n - 1, y)
    end
  end

  def native_call(i, n, x) do
    rounds n, x do
      {:ok, y} = Tenon.Native.call(i, "add", 5000, x, 1)
      native_call(i, n - 1, y)
    end
  end

  def call(i, name, n, x) do
    rounds n, x do
      {:ok, y} = Tenon.call(i, name, [x, 1])
      call(i, name, n - 1, y)
    end
  end

  def text(i, n, s) do
    rounds n, byte_size(s) do
      {:ok, t} = Tenon.call(i, "same", [s])
      text(i, n - 1, t)
    end
  end

  def grow(i, n, x) do
    rounds n, x do
      {:ok, {nil, y}} = Tenon.call(i, "grow", [x])
      grow(i, n - 1, y)
    end
  end
end

:ok = :peer_nif.load('../build/peer_nif')

module =
  Tenon.compile!("""
  fn add(a: i64, b: i64) -> i64 { a + b }
  fn turn(a: i64, b: i64) -> i64 { let s = a; for i in 0..b { s += 1; } s }
  fn same(s: String) -> String { s }
  fn grow(mut n: i64) { n += 1; }
  fn work(a: i64, b: i64) -> i64 { let s = a; for i in 0..50_000 { s = s ^ (i + b); } s }
  """)

i = Tenon.Instance.new!(module)
other = Tenon.Instance.new!(module) # whose calls come from other threads
f = Tenon.Function.new!(i, "add")

rows = [
  {"the empty loop", 5000, &Host.empty(&1, 0)},
  {"Elixir->C NIF, nothing in it", 5000, &Host.nothing(&1, 0)},
  {"Elixir->C NIF, two ints", 5000, &Host.add_ints(&1, 0)},
  {"Elixir->Tenon Native.invoke, two ints", 5000, &Host.native_invoke(f.ref, &1, 0)},
  {"Elixir->Tenon Function.call, two ints", 5000, &Host.function_call(f, &1, 0)},
  {"Elixir->Tenon Native.call, two ints", 5000, &Host.native_call(i.ref, &1, 0)},
  {"Elixir->Tenon Tenon.call, two ints", 5000, &Host.call(i, "add", &1, 0)},
  {"Elixir->Tenon Tenon.call, a loop in it", 500, &Host.call(i, "turn", &1, 0)},
  {"Elixir->Tenon Tenon.call, a loop of 50,000", 2, &Host.call(i, "work", &1, 0)},
  {"Elixir->Tenon Tenon.call, 16 letters and back", 500, &Host.text(i, &1, "sixteen letters.")},
  {"Elixir->Tenon Tenon.call, a `mut` number", 5, &Host.grow(other, &1, 0)}
]

now = fn -> :erlang.monotonic_time(:nanosecond) end

window = fn {label, n, run} ->
  begin = now.()
  check = run.(n)
  {label, {(now.() - begin) / n, check}}
end

windows = String.to_integer(System.get_env("WINDOWS", "200"))
[_ | _] = for row <- rows, do: window.(row)
measured = for _ <- 1..windows, row <- rows, do: window.(row)
least = Enum.reduce(measured, %{}, fn {label, found}, all -> Map.update(all, label, found, &min(&1, found)) end)
{floor, _} = least["the empty loop"]

for {label, _, _} <- tl(rows) do
  {ns, check} = least[label]
  IO.puts("#{label} #{:erlang.float_to_binary(ns - floor, decimals: 3)} #{check}")
end
