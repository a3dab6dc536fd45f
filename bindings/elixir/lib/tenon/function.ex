defmodule Tenon.Function do
  @moduledoc """
  A function of an instance, looked up once: for calls that are made again and again.

      iex> m = Tenon.compile!("fn add(a: i64, b: i64) -> i64 { a + b }")
      iex> add = m |> Tenon.Instance.new!() |> Tenon.Function.new!("add")
      iex> Tenon.Function.call(add, [1, 2])
      {:ok, 3}
  """

  alias Tenon.{Error, Instance, Native}

  @default_timeout Tenon.timeout([])

  defstruct [:ref, :name]
  @type t :: %__MODULE__{ref: reference, name: String.t()}

  @doc "Looks a function up. It keeps its instance alive."
  @spec new(Instance.t(), String.t() | atom) :: {:ok, t} | {:error, Error.t()}
  def new(%Instance{ref: instance}, name) do
    name = to_string(name)

    case Native.bind(instance, name) do
      {:ok, ref} -> {:ok, %__MODULE__{ref: ref, name: name}}
      {:error, error} -> {:error, Error.from_native(error)}
    end
  end

  @doc "As `new/2`; raises `Tenon.Error`."
  @spec new!(Instance.t(), String.t() | atom) :: t
  def new!(instance, name), do: Tenon.bang(new(instance, name))

  @doc "Calls it, as `Tenon.call/4`."
  @spec call(t, [term], keyword) :: {:ok, term} | {:error, Error.t()}
  def call(%__MODULE__{ref: ref}, args, opts) when is_list(args) do
    limit = if opts == [], do: @default_timeout, else: Tenon.timeout(opts)

    case args do
      [] -> Native.invoke(ref, limit)
      [a] -> Native.invoke(ref, limit, a)
      [a, b] -> Native.invoke(ref, limit, a, b)
      [a, b, c] -> Native.invoke(ref, limit, a, b, c)
      [a, b, c, d] -> Native.invoke(ref, limit, a, b, c, d)
      _ -> Native.invoke_list(ref, limit, args)
    end
    |> case do
      {:ok, _} = done -> done
      other -> Tenon.finish(other)
    end
  end

  @doc "As `call/3`, without options."
  @spec call(t, [term]) :: {:ok, term} | {:error, Error.t()}
  def call(function, args \\ [])

  # Most calls: nothing stands between the match and the NIF.
  for count <- 0..4 do
    args = Macro.generate_arguments(count, __MODULE__)

    def call(%__MODULE__{ref: ref}, unquote(args)) do
      case Native.invoke(ref, @default_timeout, unquote_splicing(args)) do
        {:ok, _} = done -> done
        other -> Tenon.finish(other)
      end
    end
  end

  def call(function, args), do: call(function, args, [])

  @doc "As `call/3`; raises `Tenon.Error`."
  @spec call!(t, [term], keyword) :: term
  def call!(function, args \\ [], opts \\ []), do: Tenon.bang(call(function, args, opts))

  defimpl Inspect do
    def inspect(%{name: name}, _opts), do: "#Tenon.Function<#{name}>"
  end
end
