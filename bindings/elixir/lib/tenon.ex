defmodule Tenon do
  @moduledoc """
  Compile Tenon scripts to machine code and call them.

      iex> {:ok, m} = Tenon.compile("fn twice(n: i64) -> i64 { n * 2 }")
      iex> Tenon.call(m, "twice", [21])
      {:ok, 42}

  No script can crash, hang or leak the VM: a fault, endless recursion, an endless loop or too much memory
  ends the call with `{:error, %Tenon.Error{}}`. What a script prints goes to the caller's group leader.

  A call runs in the process that makes it, in slices of a millisecond at most, between which other processes
  have their turn; if the process dies the script ends. For calls that are made again and again there is
  `Tenon.Function`.

  Types: integers are range-checked, floats may be `:nan`, `:infinity` and `:neg_infinity`, `String` and
  `Bytes` are binaries, `char` a code point, `List` a list, tuples tuples, `T?` is `nil` or the value,
  a record is a map (atom or binary keys in, binary keys out), `()` is `nil`. Values may lie 400 deep in each other.
  """

  alias Tenon.{Error, Instance, Module, Native}

  @default_timeout 5_000

  @doc """
  Compiles a source text. `:name` is what diagnostics and stack traces show.
  """
  @spec compile(iodata, keyword) :: {:ok, Module.t()} | {:error, Error.t()}
  def compile(source, opts \\ []) do
    name = opts |> Keyword.validate!(name: "script.tn") |> Keyword.fetch!(:name)
    wrap_module(Native.compile(source, name), name)
  end

  @doc "As `compile/2`; raises `Tenon.Error`."
  @spec compile!(iodata, keyword) :: Module.t()
  def compile!(source, opts \\ []), do: bang(compile(source, opts))

  @doc "Compiles a `.tn` file or a package folder."
  @spec compile_path(Path.t()) :: {:ok, Module.t()} | {:error, Error.t()}
  def compile_path(path) do
    path = IO.chardata_to_string(path)
    wrap_module(Native.compile_path(path), path)
  end

  @doc """
  Calls a function. On a module each call has a fresh instance; on an instance its state stays.

  Options: `:timeout` in milliseconds or `:infinity` (default #{@default_timeout}): the script is stopped, with its slice.
  A function with `mut` parameters answers a tuple: its result, then the parameters' new values.
  """
  @spec call(Module.t() | Instance.t(), String.t() | atom, [term], keyword) :: {:ok, term} | {:error, Error.t()}
  def call(target, name, args, opts)

  def call(%Instance{ref: ref}, name, args, opts) when is_binary(name) and is_list(args) do
    limit = if opts == [], do: @default_timeout, else: timeout(opts)

    # The NIF takes few arguments one by one.
    case args do
      [] -> Native.call(ref, name, limit)
      [a] -> Native.call(ref, name, limit, a)
      [a, b] -> Native.call(ref, name, limit, a, b)
      [a, b, c] -> Native.call(ref, name, limit, a, b, c)
      [a, b, c, d] -> Native.call(ref, name, limit, a, b, c, d)
      _ -> Native.call_list(ref, name, limit, args)
    end
    |> case do
      {:ok, _} = done -> done
      other -> finish(other)
    end
  end

  def call(%Instance{} = instance, name, args, opts) when is_list(args),
    do: call(instance, to_string(name), args, opts)

  def call(%Module{} = module, name, args, opts) do
    with {:ok, instance} <- Instance.new(module), do: call(instance, name, args, opts)
  end

  @doc "As `call/4`, without options."
  @spec call(Module.t() | Instance.t(), String.t() | atom, [term]) :: {:ok, term} | {:error, Error.t()}
  def call(target, name, args \\ [])

  # Most calls: nothing stands between the match and the NIF.
  for count <- 0..4 do
    args = Macro.generate_arguments(count, __MODULE__)

    def call(%Instance{ref: ref}, name, unquote(args)) when is_binary(name) do
      case Native.call(ref, name, @default_timeout, unquote_splicing(args)) do
        {:ok, _} = done -> done
        other -> finish(other)
      end
    end
  end

  def call(target, name, args), do: call(target, name, args, [])

  @doc "As `call/4`; raises `Tenon.Error`."
  @spec call!(Module.t() | Instance.t(), String.t() | atom, [term], keyword) :: term
  def call!(target, name, args \\ [], opts \\ []), do: bang(call(target, name, args, opts))

  @doc "The library's release."
  @spec version() :: String.t()
  def version, do: Native.version()

  @doc "How many handles of the library are alive in this VM."
  @spec live_handles() :: non_neg_integer
  def live_handles, do: Native.live_handles()

  @doc false
  def bang({:ok, value}), do: value
  def bang({:error, error}), do: raise(error)

  # What the NIF's calls answer, printed and made an error here.
  @doc false
  def finish({:ok, _} = done), do: done
  def finish({:error, error}), do: {:error, Error.from_native(error)}

  def finish({:printed, text, result}) do
    IO.write(text)
    finish(result)
  end

  # In milliseconds; 0 is none.
  @doc false
  def timeout([]), do: @default_timeout

  def timeout(opts) do
    case opts |> Keyword.validate!(timeout: @default_timeout) |> Keyword.fetch!(:timeout) do
      :infinity ->
        0

      ms when is_integer(ms) and ms > 0 ->
        ms

      other ->
        raise ArgumentError,
              "option :timeout must be a positive integer or :infinity, got: #{inspect(other)}"
    end
  end

  defp wrap_module({:ok, ref}, name), do: {:ok, %Module{ref: ref, name: to_string(name)}}
  defp wrap_module({:error, error}, _name), do: {:error, Error.from_native(error)}
end
