using System.Reflection;
using System.Text.Json;
using FluentValidation;
using FluentValidation.Validators;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Contract;

/// <summary>What validators let in, read from their rules: what is checked and what the contract says cannot differ.</summary>
internal static class BodyBounds
{
    private static readonly ILookup<Type, IValidator> ByBody = typeof(BodyBounds)
        .Assembly.GetTypes()
        .Where(type => BodyOf(type) is not null)
        .SelectMany(Make)
        .ToLookup(validator => BodyOf(validator.GetType())!);

    /// <summary>What all validators of the body let in. A member is required when each of them requires it.</summary>
    public static IEnumerable<Bounds> Of(PropertyInfo property)
    {
        var all = ByBody[property.DeclaringType!].Select(validator => RulesOn(property, validator).ToList()).ToList();
        var isRequired = all.Count > 0 && all.All(rules => rules.Any(one => one.IsRequired));
        return all.SelectMany(rules => rules).Select(one => one with { IsRequired = isRequired });
    }

    /// <summary>Whether an empty object is all that callers have to send, and so nothing at all.</summary>
    /// <returns>False for bodies that no validator checks.</returns>
    public static bool MayBeEmpty(Type body) =>
        ByBody.Contains(body)
        && JsonSerializer.Deserialize("{}", body, ApiJson.Options) is { } empty
        && ByBody[body].All(one => one.Validate(new ValidationContext<object>(empty)).IsValid);

    /// <summary>A rule that only counts at times bounds nothing.</summary>
    private static IEnumerable<Bounds> RulesOn(PropertyInfo property, IValidator validator) =>
        from rule in validator.CreateDescriptor().Rules
        where rule.PropertyName == property.Name && rule.TypeToValidate == property.PropertyType && !rule.HasCondition
        from component in rule.Components
        where !component.HasCondition && !component.HasAsyncCondition
        select component.Validator switch
        {
            IBoundsRule bounded => bounded.Bounds,
            INotNullValidator => new Bounds { IsRequired = true },
            _ => new Bounds(),
        };

    /// <summary>The body that the validator checks, itself or by a base that it shares; null for other types.</summary>
    private static Type? BodyOf(Type type)
    {
        for (var parent = type.IsAbstract ? null : type.BaseType; parent is not null; parent = parent.BaseType)
            if (parent.IsGenericType && parent.GetGenericTypeDefinition() == typeof(AbstractValidator<>))
                return parent.GetGenericArguments()[0];
        return null;
    }

    /// <summary>
    /// A validator for each answer to its question, such as whether the resource is new. Bounds do not depend on the moment or the scopes
    /// that it is made with.
    /// </summary>
    private static IEnumerable<IValidator> Make(Type type)
    {
        var constructor = type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)[0];
        var parameters = constructor.GetParameters();
        foreach (var flag in parameters.Any(one => one.ParameterType == typeof(bool)) ? (bool[])[true, false] : [true])
            yield return (IValidator)constructor.Invoke([.. parameters.Select(one => Argument(one.ParameterType, flag))]);
    }

    private static object? Argument(Type type, bool flag) =>
        type == typeof(bool) ? flag
        : type == typeof(TimeProvider) ? TimeProvider.System
        : type.IsValueType ? Activator.CreateInstance(type)
        : Array.Empty<string>();
}
