using FluentValidation;
using FluentValidation.Validators;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>A rule of a validator that says in the contract's words what it lets in.</summary>
public interface IBoundsRule
{
    Bounds Bounds { get; }
}

/// <summary>Lets in what the predicate says. The bounds are never narrower than the predicate, or the contract would refuse more.</summary>
internal sealed class BoundsRule<TBody, TValue>(Bounds bounds, Func<TValue, bool> holds) : PropertyValidator<TBody, TValue>, IBoundsRule
{
    public Bounds Bounds { get; } = bounds;

    public override string Name => "BoundsRule";

    public override bool IsValid(ValidationContext<TBody> context, TValue value) => holds(value);
}
