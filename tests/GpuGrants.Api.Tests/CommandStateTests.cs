using GpuGrants.Api.Hosting;
using GpuGrants.Api.Pipeline.Commands;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace GpuGrants.Api.Tests;

/// <summary>
/// A command lives through all tries of its batch: after a rollback, a split or a lost connection it plans and decides again. What it, or
/// what it decides with, remembered in the try before is then of a batch that never was. So whatever stays is stated here with the reason
/// why it does no harm.
/// </summary>
public sealed class CommandStateTests
{
    private static readonly string[] Collections = ["List`1", "Dictionary`2", "HashSet`1", "Queue`1", "Stack`1"];

    /// <summary>What outlives a try, and why it may.</summary>
    private static readonly Dictionary<string, string> Reviewed = new()
    {
        ["AmendRequest._candidates"] = "Candidates.Find takes none that were found in another reading of the tree.",
        ["SubmitRequest._candidates"] = "The same.",
        ["SubmitRequest.Draft"] = "Quotes and counter-offers set it anew from what the caller asked, each time they plan or decide.",
        ["RenewGrant._planned"] = "Plan forgets it first.",
        ["ConfirmSignUp.GrantCode"] = "Read only after a success, and each success has set it.",
        ["EndpointChanges.wasDisabled"] = "Each try sets it before it is read.",
        ["OfferChange.happened"] = "Each try sets it before it is read.",
        ["TrancheEndpoints.tranches"] = "Read only after a success, and each success has set it.",
        ["ReportUsage._groups"] = "Follows from what the caller sent, and from nothing else.",
        ["HandAccounts._names"] = "Commands make one in each try, for its tree.",
        ["UsageCharging._taken"] = "Commands make one in each try, for its grant.",
        ["LinkedIdentity.Until"] = "A row, read anew in each try.",
    };

    [Fact]
    public void What_commands_remember_beyond_a_try_is_stated_with_a_reason()
    {
        var remembered = Remembered().ToHashSet();
        var unstated = remembered.Except(Reviewed.Keys).Order(StringComparer.Ordinal).ToList();
        Assert.True(unstated.Count == 0, $"These outlive a try. Reset them in Plan, or state why they may: {string.Join(", ", unstated)}");
        Assert.Empty(Reviewed.Keys.Except(remembered));
    }

    private static IEnumerable<string> Remembered()
    {
        using var module = ModuleDefinition.ReadModule(typeof(Service).Assembly.Location);
        foreach (
            var type in module.GetTypes().Where(one => one is { IsClass: true, IsValueType: false } && LivesThroughTries(one)).ToList()
        )
        {
            foreach (var method in type.Methods.Where(one => one is { HasBody: true, IsConstructor: false, IsSetter: false }))
            foreach (var name in Stored(method).Select(NameOf).Concat(SetAgain(method)))
                yield return name;
            foreach (var field in type.Fields.Where(one => !one.IsStatic && !IsProperty(one) && !IsClosure(type)))
                if (Collections.Contains(field.FieldType.Name))
                    yield return NameOf(field);
        }
    }

    /// <summary>Commands, what decides with them, and what their lambdas capture. Each try makes the tables of its batch anew.</summary>
    private static bool LivesThroughTries(TypeDefinition type) =>
        IsCommand(type)
        || (
            type.Methods.Any(method => !method.IsStatic && method.Parameters.Any(one => one.ParameterType.Name == nameof(BatchState)))
            && !type.Interfaces.Any(one => one.InterfaceType.Name is nameof(IBatchReads) or nameof(IBatchWrites))
        );

    private static bool IsCommand(TypeDefinition? type) =>
        type is not null && (type.Name == nameof(Command) || IsCommand(type.BaseType?.Resolve()));

    /// <summary>Fields of objects that are older than the call. What a method captures for its own lambdas is made in it.</summary>
    private static IEnumerable<FieldDefinition> Stored(MethodDefinition method)
    {
        var made = method
            .Body.Instructions.Where(one => one.OpCode == OpCodes.Newobj)
            .Select(one => ((MethodReference)one.Operand).DeclaringType.GetElementType().FullName)
            .ToHashSet();
        return method
            .Body.Instructions.Where(one => one.OpCode == OpCodes.Stfld)
            .Select(one => ((FieldReference)one.Operand).Resolve())
            .Where(field => field.DeclaringType == method.DeclaringType || IsClosure(field.DeclaringType))
            // The compiler keeps delegates that capture nothing new.
            .Where(field => !field.Name.StartsWith("<>9__", StringComparison.Ordinal))
            .Where(field => !field.DeclaringType.IsValueType && !made.Contains(field.DeclaringType.FullName));
    }

    /// <summary>Properties of its own that a method sets, beyond those that only an initializer sets.</summary>
    private static IEnumerable<string> SetAgain(MethodDefinition method) =>
        method
            .Body.Instructions.Where(one => one.OpCode == OpCodes.Call || one.OpCode == OpCodes.Callvirt)
            .Select(one => (MethodReference)one.Operand)
            .Where(one => one.Name.StartsWith("set_", StringComparison.Ordinal) && one.ReturnType is not RequiredModifierType)
            .Where(one => one.DeclaringType.GetElementType().FullName == method.DeclaringType.FullName)
            .Select(one => $"{one.DeclaringType.Name}.{one.Name["set_".Length..]}");

    private static bool IsClosure(TypeDefinition type) => type.Name.Contains("DisplayClass", StringComparison.Ordinal);

    private static bool IsProperty(FieldDefinition field) => field.Name.EndsWith("k__BackingField", StringComparison.Ordinal);

    /// <summary>A variable that lambdas share is named by the class in whose method it is.</summary>
    private static string NameOf(FieldDefinition field)
    {
        var owner = field.DeclaringType;
        while (owner.DeclaringType is { } outer && owner.Name.StartsWith('<'))
            owner = outer;
        return $"{owner.Name}.{field.Name}";
    }
}
