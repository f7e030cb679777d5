using System.Diagnostics.CodeAnalysis;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>What a command decided: a result, or the refusal by which nothing happened.</summary>
public readonly record struct Outcome<TResult>
{
    private readonly TResult? _result;

    private Outcome(TResult? result, Refusal? refusal)
    {
        _result = result;
        Refusal = refusal;
    }

    public Refusal? Refusal { get; }

    /// <summary>Whether there is a result; a refusal otherwise.</summary>
    public bool TryGet([MaybeNullWhen(false)] out TResult result, [NotNullWhen(false)] out Refusal? refusal)
    {
        (result, refusal) = (_result, Refusal);
        return refusal is null;
    }

#pragma warning disable CA2225 // A decision returns what it has; named alternatives would only be noise.
    public static implicit operator Outcome<TResult>(TResult result) => new(result, null);

    public static implicit operator Outcome<TResult>(Refusal refusal) => new(default, refusal);
#pragma warning restore CA2225
}
